"""The change feed: every change of a value, in an order that can be resumed, and the webhooks that subscribe to it."""
