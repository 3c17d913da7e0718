"""Those who pay money out: WeChat's 商家转账."""
