"""How to call what the exercises of cs231n ask for; examples are rows."""
