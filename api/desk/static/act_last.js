/** What a page needs only when an act is about to be signed: asked for once all else agrees, not before. */
export { composed } from "./act_compose.js";
export { showBetween, showDone } from "./act_done.js";
export { lookAt } from "./act_look.js";
export { viewed } from "./act_view.js";
