"""What is particular to conversations: turns and the text they make, who speaks, and what the clock says of them."""
