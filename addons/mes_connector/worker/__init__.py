"""The worker: lanes of both queues in processes of their own, for low latency; minus its command line."""
