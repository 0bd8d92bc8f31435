/** One entry of a catalogue; `texts` are its translations, two for one-or-many. */
export interface Entry {
  id: string;
  plural: string | undefined;
  texts: string[];
  line: number;
}

export function parsePo(source: string): Entry[];
