"""Words, rules and rows: what an incident is, who may do what, and how it is stored."""
