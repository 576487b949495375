"""What keeps the book's notebooks executed, stored alike and checked."""
