// Where a person is, as the address says it: `#beeld/source`, `#besluiten/<row>`, `#eigen/source`.
// The words are those of the screen's own language of origin, so that an address can be read aloud.

export type Route =
  | { readonly place: "picture"; readonly theme: string | undefined }
  | { readonly place: "own"; readonly theme: string | undefined }
  | { readonly place: "themes" }
  | { readonly place: "decisions"; readonly row: string | undefined }
  | { readonly place: "actions"; readonly row: string | undefined };

export type PlaceName = Route["place"];

const WORDS: Readonly<Record<PlaceName, string>> = {
  picture: "beeld",
  own: "eigen",
  themes: "themas",
  decisions: "besluiten",
  actions: "acties",
};

const PLACES: ReadonlyMap<string, PlaceName> = new Map(
  (Object.keys(WORDS) as PlaceName[]).flatMap((place) => [
    [WORDS[place], place],
    [place, place],
  ]),
);

/** The place that an address names; the picture for an address that names none. */
export function parseRoute(hash: string): Route {
  const [word = "", ...rest] = hash.replace(/^#/, "").split("/");
  const detail = rest.length > 0 ? decoded(rest.join("/")) : undefined;
  const place = PLACES.get(word) ?? "picture";
  switch (place) {
    case "picture":
    case "own":
      return { place, theme: detail };
    case "decisions":
    case "actions":
      return { place, row: detail };
    case "themes":
      return { place };
    default:
      return never(place);
  }
}

export function routeHash(route: Route): string {
  const detail = detailOf(route);
  const word = WORDS[route.place];
  return detail === undefined ? `#${word}` : `#${word}/${encodeURIComponent(detail)}`;
}

function detailOf(route: Route): string | undefined {
  switch (route.place) {
    case "picture":
    case "own":
      return route.theme;
    case "decisions":
    case "actions":
      return route.row;
    case "themes":
      return undefined;
    default:
      return never(route);
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function never(value: never): never {
  throw new Error(`an unknown place: ${String(value)}`);
}
