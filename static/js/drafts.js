// What was typed and not yet accepted, kept on this device for each person and conversation.
const key = (conversation) => `draft:${document.documentElement.dataset.user}:${conversation || "new"}`;
const NOTHING = { text: "", ask: null, edits: {}, files: [] };

/** {text, ask, edits, files}: the words in the composer, a sent question not confirmed yet, open edits, attached files. */
export function recall(conversation) {
  try {
    return { ...NOTHING, ...JSON.parse(localStorage.getItem(key(conversation)) ?? "{}") };
  } catch {
    return { ...NOTHING };
  }
}

export function keep(conversation, change) {
  const draft = { ...recall(conversation), ...change };
  try {
    if (draft.text || draft.ask || draft.files.length || Object.keys(draft.edits).length) localStorage.setItem(key(conversation), JSON.stringify(draft));
    else localStorage.removeItem(key(conversation));
  } catch {
    // A full or forbidden store costs the safety net, not the message.
  }
}

/** Keep the words of an open edit; without words it is over. */
export function keepEdit(conversation, turn, words) {
  const { [turn]: _, ...others } = recall(conversation).edits;
  keep(conversation, { edits: words === undefined ? others : { ...others, [turn]: words } });
}
