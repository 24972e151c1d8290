"""What the evidence looks like on paper: figures, tables and one page that holds them all."""
