"""Letters: templates as data, content from the case, a PDF for a window envelope, numbers, archive, delivery."""
