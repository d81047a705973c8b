"""Files that people hand in: what they may be, where their bytes are kept, who looks at them."""
