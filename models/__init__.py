"""Training and evaluation of the tagger, and its shipped weights; imports voc, never the other way."""
