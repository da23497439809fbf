"""The words of the editor's island, in the reader's language."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return the sentences by key; `%(name)s` is filled in by the island."""
    return _bars() | _steps() | _lists() | _mails()


def _bars() -> dict[str, str]:
    return {
        "toolbar": _("Workflow tools"),
        "saved": _("Saved"),
        "saved_at": _("Saved %(time)s"),
        "saved_by": _("Saved by %(name)s, %(time)s"),
        "saving": _("Saving"),
        "not_saved": _("Not saved: %(reason)s"),
        "retry": _("Try again"),
        "failed": _("The server could not do this."),
        "offline": _("No connection to the server. It is tried again."),
        "signed_out": _("You are signed out. Sign in in another window, then try again."),
        "undo": _("Undo (Ctrl+Z)"),
        "redo": _("Redo (Ctrl+Y)"),
        "tidy": _("Tidy up"),
        "outline": _("Outline"),
        "history": _("History"),
        "preview": _("Preview"),
        "simulate": _("Simulate"),
        "problems": _("Problems: %(count)s"),
        "no_problems": _("No problems"),
        "controls": _("View"),
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "fit": _("Show all"),
        "minimap": _("Small map"),
        "close": _("Close"),
    }


def _steps() -> dict[str, str]:
    return {
        "palette": _("Steps"),
        "fold_palette": _("Fold or unfold the steps"),
        "add_hint": _("Add “%(step)s” after the selected step, or drag it to its place"),
        "add_step": _("Add a step"),
        "insert_here": _("Insert a step here"),
        "add_after": _("Add a step after “%(step)s”"),
        "add_after_way": _("Add a step: %(way)s"),
        "add_to_branch": _("Add a step to “%(way)s” of “%(step)s”"),
        "added": _("“%(step)s” added"),
        "removed": _("Steps removed: %(count)s"),
        "moved_up": _("Moved up"),
        "moved_down": _("Moved down"),
        "not_set": _("Not set up yet"),
        "is_off": _("%(what)s: off"),
        "node_hint": _("Enter selects the step, arrow keys move it, Delete removes it."),
        "node_moved": _("Moved: %(direction)s"),
        "edge_hint": _("Enter selects the connection, Delete removes it."),
        "waiting": _("waiting"),
        "sent": _("sent"),
        "opened": _("opened"),
        "replied": _("replied"),
        "panel": _("Settings of the step"),
        "panel_width": _("Width of the panel: arrow keys change it"),
        "duplicate": _("Duplicate (Ctrl+D)"),
        "remove": _("Remove (Delete)"),
    }


def _lists() -> dict[str, str]:
    return {
        "move_up": _("Move “%(step)s” up"),
        "move_down": _("Move “%(step)s” down"),
        "remove_step": _("Remove “%(step)s”"),
        "leads_to": _("“%(way)s” leads to"),
        "nowhere": _("Leads nowhere yet"),
        "goes_on_at": _("Goes on at “%(step)s”"),
        "loose": _("Nothing leads to these"),
        "problem_list": _("Problems"),
        "whole": _("Workflow"),
        "conflict": _("This workflow was changed at %(time)s in another window or by somebody else."),
        "conflict_by": _("%(name)s saved another version at %(time)s."),
        "conflict_own": _("You saved another version at %(time)s in another window."),
        "conflict_short": _("changed elsewhere"),
        "load_theirs": _("Load theirs"),
        "keep_mine": _("Keep mine"),
        "unpublished": _("Changes that do not run yet"),
        "no_versions": _("A version is kept at each start and resume. There is none yet."),
        "version": _("Version %(number)s"),
        "current": _("Current"),
        "restore": _("Restore as draft"),
        "restored": _("Version %(number)s is the draft now"),
    }


def _mails() -> dict[str, str]:
    return {
        "live_preview": _("Live preview"),
        "previous_person": _("Previous person"),
        "next_person": _("Next person"),
        "device": _("Shown as"),
        "desktop": _("Desktop"),
        "mobile": _("Mobile"),
        "text": _("Plain text"),
        "attachments": _("Attachments"),
        "missing": _("Blank for this person: %(names)s"),
        "subject_left": _("%(count)s characters left of what inboxes show"),
        "subject_over": _("%(count)s characters more than inboxes show"),
        "insert_variable": _("Insert a variable"),
        "spintax": _("Each person reads one of these wordings"),
        "snippets": _("Snippets"),
        "find_snippet": _("Find a snippet"),
        "manage_snippets": _("Manage snippets"),
        "no_snippets": _("No snippets yet."),
        "no_such_snippet": _("No snippet of this name."),
        "body_mode": _("How the body is written"),
        "mode_rich": _("Formatted"),
        "mode_html": _("HTML"),
        "mode_text": _("Plain text"),
        "bold": _("Bold"),
        "italic": _("Italic"),
        "bullets": _("Bullet list"),
        "numbers": _("Numbered list"),
        "link": _("Link"),
        "link_address": _("Address of the link"),
        "fallback_for": _("When “%(name)s” is blank, say"),
    }
