"""What a fact must satisfy before it is recorded: one judge, whatever way it comes in.

The API, imports of files and sources that are polled hand over a JSON value; they get a fact that can be recorded, or
every reason why it cannot be, in the same words.
"""
