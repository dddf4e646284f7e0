"""What people say of records in place of the model: statements, how they are folded into its answer, files of them, and
which records are worth a look.
"""
