"""Files people really have: downloads of exchanges, index providers and Yahoo, spreadsheets and matrices."""
