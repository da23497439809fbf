// Numbers and times as the server writes them: thin spaces between groups, the day before the month, the person's zone.

const THIN = "\u202f";
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric" };

const language = () => (document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang);

export const counted = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, THIN);
export const timeOf = (iso, timeZone) => new Date(iso).toLocaleTimeString(language(), { ...CLOCK, timeZone });
export const momentOf = (iso, timeZone) => new Date(iso).toLocaleString(language(), { ...DAY, ...CLOCK, timeZone });
