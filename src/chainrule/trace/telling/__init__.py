"""How traces and explanations are told: in a terminal, as a page, as plain data; in English and Korean."""
