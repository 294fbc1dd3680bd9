"""An address or an employer that the borrower told, beside the lender's file: a history that is appended to."""
