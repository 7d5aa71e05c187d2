"""What the API says of records, and takes.

- `fields`: what people write: names, notes, labels, tags, an expression.
- `faces`: faces, what they show, and corrections.
- `timelines`: what was shown over time, practice, and films.
- `records`: records and their tags.
"""
