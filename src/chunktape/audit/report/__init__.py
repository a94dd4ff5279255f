"""Reports: what an audit found, written down for people and machines; none of them decides anything."""
