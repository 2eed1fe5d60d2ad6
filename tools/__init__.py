"""Developer tools of the suite: the stack, the demo, the test runners. Nothing here is needed in production."""
