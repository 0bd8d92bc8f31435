"""Every numbered rule of SPEC.md has a test that carries its number, and no test another one."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_rule_has_a_test_and_each_number_a_rule():
    rules = set(re.findall(r"^- \*\*(R\d+)\*\*", (ROOT / "sync/SPEC.md").read_text(), re.M))
    tests = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    held = {rule for text in tests for rule in re.findall(r"def test_(R\d+)_", text)}
    assert len(rules) >= 25
    assert rules - held == set(), "rules without a test"
    assert held - rules == set(), "tests of rules that are not there"
