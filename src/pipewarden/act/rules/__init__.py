"""Pure decisions of act: which channels in which order, when again, in which words, with which signature."""
