/** The desk asks whether something was signed on this device and not proved yet; only then it loads what shows it. */
import { envelopes } from "./store.js";

if ((await envelopes()).length) await import("./waiting.js");
