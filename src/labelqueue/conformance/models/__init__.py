"""The models: naive queues of the kit's own, a profile on top of another, which stand beside every subject."""
