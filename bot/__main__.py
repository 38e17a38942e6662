"""`python -m bot` is the same as `helpline`."""

from bot.cli import main

main()
