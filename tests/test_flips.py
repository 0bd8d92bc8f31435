"""A few flipped bytes in a short log; `prove 2` flips two hundred in a long one."""

from pathlib import Path

from tests.flips import in_pages, in_values
from tests.long_log import a_long_log


def test_a_flipped_byte_of_any_value_or_page_of_the_log_is_found(tmp_path: Path):
    file = a_long_log(tmp_path, rows=2000, documents=4)
    assert in_values(file, 12, seed=1).total() == 12
    assert in_pages(file, 12, seed=1)["bytes of the file"] == 12
