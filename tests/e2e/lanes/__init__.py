"""End-to-end tests of who works the queues, how soon and at what cost, on a stack of their own with several hosts."""
