"""What tests share: a world to play in, a clock to turn, builders."""
