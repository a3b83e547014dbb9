"""Read models: disposable views folded from the journal."""
