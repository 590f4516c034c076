"""`/agreements/{agreementCode}/periods`: the closing of an agreement's periods."""
