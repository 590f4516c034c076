"""All that is stored about an agreement, for whoever asks for it as a public record (offentlighetsprincipen)."""
