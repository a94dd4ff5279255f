"""The rules, one file for each family; `all_rules` finds them, and those of other packages."""
