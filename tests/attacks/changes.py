"""The recipes as changes against a room in which client 7 has typed five letters."""

from __future__ import annotations

from tests.attacks import recipes

CHANGES = {
    "any in any 33": recipes.nested_any(33),
    "any in any 400": recipes.nested_any(400),
    "any in any 100,000": recipes.nested_any(100_000),
    "a squatted clock": recipes.squat(7, 5, 1 << 31),
    "a squatted clock, short": recipes.squat(7, 5, 1000),
    "a squatted clock of one's own": recipes.squat(666, 0, 1 << 31),
    "forged text": recipes.forged(7, 5, "EER NIET"),
    "one key 30,000 times": recipes.one_key_begun(30_000),
    "one key of 20,000 ids": recipes.one_key_begun_by_many(20_000),
    "arrays in arrays": recipes.types_in_types(1000),
    "very many arrays in arrays": recipes.types_in_types(40_000),
    "arrays beside values in arrays": recipes.types_beside_values(500),
    "a huge number": b"\xff" * 1_000_000,
}
