// Reads a gettext catalogue (.po): msgid, msgid_plural, msgstr, msgstr[n]. No contexts, no fuzzy
// entries: an entry marked fuzzy is refused, because nobody has looked at it.

/** The entries of a catalogue: `{ id, plural, texts, line }`. Throws with the line of a mistake. */
export function parsePo(source) {
  const entries = [];
  let entry;
  let field;
  const close = () => {
    if (entry?.id) entries.push(entry);
    entry = undefined;
    field = undefined;
  };
  for (const [index, raw] of source.split("\n").entries()) {
    const line = raw.trim();
    const number = index + 1;
    if (line === "") {
      close();
      continue;
    }
    if (line.startsWith("#")) {
      if (/^#,.*fuzzy/.test(line)) throw new Error(`line ${number}: a fuzzy entry`);
      continue;
    }
    const keyword = /^(msgid_plural|msgid|msgstr(?:\[(\d)\])?)\s+(".*")$/.exec(line);
    if (keyword !== null) {
      const [, name, place, quoted] = keyword;
      if (name === "msgid" && entry !== undefined) close();
      entry ??= { id: "", plural: undefined, texts: [], line: number };
      field = place === undefined ? name : Number(place);
      append(entry, field, unquote(quoted, number));
    } else if (line.startsWith('"') && field !== undefined) {
      append(entry, field, unquote(line, number));
    } else {
      throw new Error(`line ${number}: not a line of a catalogue: ${line}`);
    }
  }
  close();
  return entries;
}

function append(entry, field, text) {
  if (field === "msgid") entry.id += text;
  else if (field === "msgid_plural") entry.plural = (entry.plural ?? "") + text;
  else {
    const place = field === "msgstr" ? 0 : field;
    entry.texts[place] = (entry.texts[place] ?? "") + text;
  }
}

function unquote(quoted, number) {
  try {
    return JSON.parse(quoted);
  } catch (error) {
    throw new Error(`line ${number}: ${error.message}`);
  }
}
