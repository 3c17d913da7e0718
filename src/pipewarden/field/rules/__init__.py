"""What field decides: pure functions of its facts and of the time that is handed to them."""
