// The state of the editor, outside of React: the document with its history, the selection, what the server said of it,
// and the saving. Components read it by `useEditor`.

import { createContext, useContext, useSyncExternalStore } from "react";

import * as graph from "./graph.js";
import { begin, record, redo, undo } from "./history.js";
import { makeRoom, placed, tidy } from "./layout.js";
import { Refused } from "./server.js";

const SAVE_AFTER_MS = 700;
const TYPED_MS = 250;
const RETRY_AFTER_MS = 5000;

export class Store {
  constructor({ config, server, words }) {
    this.config = config;
    this.server = server;
    this.t = words;
    this.kinds = Object.fromEntries(config.palette.map((entry) => [entry.kind, entry]));
    this.listeners = new Set();
    // What was typed into panels but is not in the document yet, by step: its type and the form.
    this.typed = new Map();
    this.taking = undefined;
    this.saving = undefined;
    const doc = placed(config.document, this.kinds);
    this.saved = doc;
    this.state = {
      history: begin(doc),
      revision: config.revision,
      cards: config.cards,
      problems: config.problems,
      traffic: config.traffic,
      selected: [],
      // A frame is being drawn around steps: what is in it so far opens no panel.
      isFraming: false,
      // Counts up when the panel has to be drawn again, as its node changed otherwise than by typing into it.
      redrawn: 0,
      save: { state: "saved", at: config.savedAt, by: config.savedBy, message: "" },
      conflict: undefined,
      menu: undefined,
      said: "",
      view: { outline: false, history: false, problems: false },
    };
  }

  get doc() {
    return this.state.history.doc;
  }

  get editable() {
    return this.config.editable;
  }

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(changes) {
    this.state = { ...this.state, ...changes };
    for (const listener of this.listeners) listener();
  }

  say(said) {
    this.set({ said });
  }

  /** Take a new document, as one step of undo; `key` puts quick changes of one kind together. */
  change(doc, { key, selected, redraw = true } = {}) {
    if (!this.editable) return;
    this.set({
      history: record(this.state.history, doc, { key }),
      selected: selected ?? this.state.selected.filter((id) => graph.nodeOf(doc, id)),
      redrawn: this.state.redrawn + (redraw ? 1 : 0),
    });
    this.changed();
  }

  undo = () => this.travel(undo);
  redo = () => this.travel(redo);

  async travel(by) {
    // What was typed last is the first to be undone.
    if (this.typed.size) await this.takeTyped();
    const history = by(this.state.history);
    if (history === this.state.history || !this.editable) return;
    const selected = this.state.selected.filter((id) => graph.nodeOf(history.doc, id));
    this.set({ history, selected, redrawn: this.state.redrawn + 1 });
    this.changed();
  }

  // --- What people do with steps ---

  select(ids) {
    this.set({ selected: ids, menu: undefined });
  }

  /** Add a step of a kind on a way out (`{from, name}`), at a position, or where it fits best. */
  add(kind, { way, position } = {}) {
    const entry = this.kinds[kind];
    const selected = this.state.selected.length === 1 ? this.state.selected[0] : undefined;
    const place = way ?? (position ? undefined : graph.placeFor(this.doc, selected, entry, this.kinds));
    const from = place && graph.nodeOf(this.doc, place.from);
    const at = position ?? this.freePlace(from);
    const node = graph.makeNode(this.doc, entry, at);
    let doc = { ...this.doc, nodes: [...this.doc.nodes, node] };
    if (place) doc = makeRoom(graph.addAfter(this.doc, place.from, place.name, node, this.kinds), node.id);
    this.change(doc, { selected: [node.id] });
    this.set({ menu: undefined });
    this.say(this.t("added", { step: entry.label }));
    return node.id;
  }

  freePlace(from) {
    if (!from) {
      const lowest = Math.max(...this.doc.nodes.map((node) => node.position.y));
      return { x: this.doc.nodes[0].position.x, y: lowest + 148 };
    }
    const place = { x: from.position.x, y: from.position.y + 148 };
    // What follows makes room; everything else stays where it is.
    const isTaken = (node) =>
      !graph.leadsTo(this.doc, from.id, node.id) &&
      Math.abs(node.position.x - place.x) < 268 &&
      Math.abs(node.position.y - place.y) < 96;
    const isBranch = this.kinds[from.type].ports.length > 1;
    const isBeside = (node) =>
      isBranch && this.doc.edges.some((edge) => edge.from === from.id && edge.to === node.id) && Math.abs(node.position.x - place.x) < 268;
    while (this.doc.nodes.some((node) => isTaken(node) || isBeside(node))) place.x += 296;
    return place;
  }

  remove(ids) {
    const doc = graph.remove(this.doc, ids, this.kinds);
    const count = this.doc.nodes.length - doc.nodes.length;
    if (!count) return;
    this.change(doc, { selected: [] });
    this.say(this.t("removed", { count }));
  }

  connect(from, name, to) {
    if (this.mayConnect(from, to)) this.change(graph.connect(this.doc, from, name, to));
  }

  mayConnect(from, to) {
    const target = graph.nodeOf(this.doc, to);
    return Boolean(target) && !this.kinds[target.type].single && !graph.leadsTo(this.doc, to, from);
  }

  disconnect(ids) {
    this.change(graph.disconnect(this.doc, ids));
  }

  move(id, by) {
    const moved = graph.move(this.doc, id, by, this.kinds);
    if (moved === this.doc) return;
    this.change(graph.setPositions(moved, tidy(moved, this.kinds)));
    this.say(this.t(by < 0 ? "moved_up" : "moved_down"));
  }

  place(positions) {
    this.change(graph.setPositions(this.doc, positions), { key: `place ${Object.keys(positions)}`, redraw: false });
  }

  tidy = () => this.change(graph.setPositions(this.doc, tidy(this.doc, this.kinds)), { redraw: false });

  setData(id, data) {
    const node = graph.nodeOf(this.doc, id);
    if (!node || JSON.stringify(node.data ?? {}) === JSON.stringify(data)) return;
    this.change(graph.setData(this.doc, id, data), { key: `data ${id}`, redraw: false });
  }

  /** Note what a panel says now; it becomes the data of its step when nothing was typed for a moment. */
  type(id, kind, form) {
    this.typed.set(id, { kind, form });
    if (this.state.save.state === "saved") this.set({ save: { ...this.state.save, state: "changed" } });
    clearTimeout(this.typing);
    this.typing = setTimeout(this.takeTyped, TYPED_MS);
  }

  /** Take what was typed into the document; what the server cannot read now stays for the next try. */
  takeTyped = async () => {
    clearTimeout(this.typing);
    while (this.taking) await this.taking;
    this.taking = this.take();
    await this.taking;
    this.taking = undefined;
  };

  async take() {
    try {
      for (const [id, item] of this.typed) {
        const { data } = await this.server.values(item.kind, item.form);
        if (this.typed.get(id) === item) this.typed.delete(id);
        this.setData(id, data);
      }
    } catch (error) {
      this.refuse(error);
      return;
    }
    const { save } = this.state;
    if (!this.isDirty && save.state !== "saving") this.set({ save: { ...save, state: "saved" } });
  }

  copied() {
    return graph.pick(this.doc, this.state.selected, this.kinds);
  }

  paste(copied) {
    const after = this.state.selected.length === 1 ? this.state.selected[0] : undefined;
    const { doc, ids } = graph.paste(this.doc, copied, after, this.kinds);
    if (ids.length) this.change(placed(doc, this.kinds), { selected: ids });
  }

  duplicate = () => {
    const copied = this.copied();
    const { doc, ids } = graph.paste(this.doc, copied, undefined, this.kinds);
    if (ids.length) this.change(placed(doc, this.kinds), { selected: ids });
  };

  // --- Saving ---

  get isDirty() {
    return this.doc !== this.saved || this.typed.size > 0;
  }

  changed() {
    if (!this.isDirty || this.state.conflict) return;
    this.set({ save: { ...this.state.save, state: "changed" } });
    this.plan(SAVE_AFTER_MS);
  }

  plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  /** Save what is there now, one call at a time; returns when nothing is left to save or it cannot be. */
  save = async () => {
    clearTimeout(this.timer);
    if (this.typed.size) await this.takeTyped();
    while (this.saving) await this.saving;
    if (!this.editable || this.doc === this.saved || this.state.conflict) return;
    this.saving = this.send();
    await this.saving;
    this.saving = undefined;
    if (this.isDirty && this.state.save.state !== "failed" && !this.state.conflict) this.plan(0);
  };

  async send() {
    const doc = this.doc;
    this.set({ save: { ...this.state.save, state: "saving" } });
    try {
      this.accept(doc, await this.server.save(doc, this.state.revision));
    } catch (error) {
      this.refuse(error);
    }
  }

  accept(doc, answer) {
    this.saved = doc;
    const state = this.isDirty ? "changed" : "saved";
    const { revision, cards, problems, savedAt, savedBy } = answer;
    this.set({ revision, cards, problems, save: { state, at: savedAt, by: savedBy, message: "" } });
  }

  refuse(error) {
    if (error instanceof Refused && error.answer?.theirs) {
      this.set({ conflict: error.answer.theirs, save: { ...this.state.save, state: "conflict" } });
      return;
    }
    // A request without a session ends on the page to sign in.
    const signedOut = error instanceof Refused && !error.answer && error.status < 400;
    const message = error instanceof Refused ? error.message || this.t(signedOut ? "signed_out" : "failed") : this.t("offline");
    this.set({ save: { ...this.state.save, state: "failed", message } });
    // A refusal stays one until something changes; no answer is asked for again.
    if (!(error instanceof Refused) || error.status >= 500) this.plan(RETRY_AFTER_MS);
  }

  /** Take the other document; ours is one undo away. */
  loadTheirs() {
    const { document, revision, cards, problems, savedAt, savedBy } = this.state.conflict;
    const doc = placed(document, this.kinds);
    this.saved = doc;
    this.typed.clear();
    this.set({
      history: record(this.state.history, doc),
      selected: [],
      redrawn: this.state.redrawn + 1,
      revision,
      cards,
      problems,
      conflict: undefined,
      save: { state: "saved", at: savedAt, by: savedBy, message: "" },
    });
  }

  /** Put ours in place of the other one, which stays one undo away. */
  keepMine() {
    const { document, revision } = this.state.conflict;
    const history = record(record(this.state.history, placed(document, this.kinds)), this.doc);
    this.set({ history, revision, conflict: undefined });
    this.changed();
  }

  async restore(number) {
    await this.save();
    try {
      const answer = await this.server.restore(number, this.state.revision);
      const doc = placed(answer.document, this.kinds);
      this.set({ history: record(this.state.history, doc), selected: [], redrawn: this.state.redrawn + 1 });
      this.accept(doc, answer);
      this.say(this.t("restored", { number }));
    } catch (error) {
      this.refuse(error);
    }
  }
}

export const Editor = createContext(null);

/** Return the store, and re-render whenever what `pick` takes from its state changes. */
export function useEditor(pick = () => undefined) {
  const store = useContext(Editor);
  const value = useSyncExternalStore(store.subscribe, () => pick(store.state, store));
  return [store, value];
}
