"""The engine of workflows: who enters, and what each step does to a batch of them.

triggers   what starts a workflow: a daily look at all customers, or an event
program    the steps of a version as a person wrote them, read into an order
steps      one class per kind of step: how it is read, told and carried out
entering   cooldown and re-entry, decided and written in one statement
walking    takes enrolments that are due and carries their steps out
"""
