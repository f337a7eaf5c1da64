"""What each page answers: response models, and pure functions from the park and its facts to them."""
