"""The subjects: what is examined, in Python or any language, the wire between, and the store as seen from outside."""
