"""What goes out in writing: letters, made through the gate, numbered, archived, followed until they arrive."""
