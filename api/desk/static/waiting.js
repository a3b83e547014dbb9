/** What was signed on this device and is not proved to be recorded yet, shown where somebody looks; costs nothing else. */
import { readAct } from "./act.js";
import { showDone } from "./act_done.js";
import { parseEnvelope } from "./envelope.js";
import { place as placeOf } from "./ledger.js";
import { showWaiting } from "./outbox.js";
import { make, makeNotice } from "./page.js";
import { envelopes } from "./store.js";
import { describe } from "./words.js";

/** Show in `root` what waits: of the stream that data-stream names, else of every one. */
async function show(root) {
  const streams = (await envelopes()).map(({ bytes }) => readAct(parseEnvelope(bytes).payload).stream);
  const wanted = [...new Set(streams)].filter((one) => !root.dataset.stream || one === root.dataset.stream);
  for (const stream of wanted) {
    const section = make("div", { tabindex: "-1" });
    root.append(section);
    const { chain } = await placeOf(stream);
    await showWaiting(section, stream, chain, {
      done: (receipt, bytes) => showDone(section, receipt, bytes),
      gone: () => section.remove(),
    });
    section.querySelectorAll("[data-do=send]").forEach((button) => button.click());
  }
}

const root = document.getElementById("tertunda");
if (root) show(root).catch((fault) => makeNotice(root, "").fault(describe(fault)));
