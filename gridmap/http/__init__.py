"""What api and web share: who is asking, in which scope, in which transaction, and how errors are told."""
