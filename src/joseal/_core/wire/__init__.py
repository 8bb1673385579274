"""The grammar of compact tokens: base64url, JSON, segments, header, limits. No cryptography."""
