"""Views of our own on plain ES modules: the 3-D park and the Gantt, as NiceGUI elements."""
