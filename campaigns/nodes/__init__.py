"""The node types: every module in this folder but `base` and `registry` holds one."""
