"""Which structures fit which need, in what order, and why."""
