"""`python -m parkwright.cli`: how Parkwright starts its own processes."""

from parkwright.cli import main

if __name__ == "__main__":
    main()
