"""Pages for people: plain forms, rendered here, over the same functions as the API. Without a script they work, too."""
