"""Black-box tests against a running stack: real HTTP, real broker, real browser. They import nothing of the addons."""
