"""What the market says of itself: pay rules, rewards, budgets, meters; frozen values."""
